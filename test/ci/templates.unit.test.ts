import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { manifest, scriptsCalledIn } from './manifest.ts';

const FOLDER = '.github/ISSUE_TEMPLATE';
const read = (path: string) => readFileSync(path, 'utf8');

const Text = z.strictObject({
  label: z.string(),
  description: z.string().optional(),
  render: z.string().optional(),
});
const Field = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string() }) }),
  z.strictObject({
    type: z.enum(['input', 'textarea']),
    id: z.string().regex(/^[\w-]+$/),
    attributes: Text,
    validations: z.strictObject({ required: z.boolean() }).optional(),
  }),
]);
const Form = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(Field),
});

const fieldsOf = (name: string) => Form.parse(parse(read(join(FOLDER, name)))).body;
const requiredOf = (name: string) =>
  fieldsOf(name).flatMap((field) => ('id' in field && field.validations?.required ? [field.id] : []));

describe('the forms for issues', () => {
  it('are one for a bug and one for a feature, and there is no other way', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(['bug.yml', 'config.yml', 'feature.yml']);
    expect(parse(read(join(FOLDER, 'config.yml')))).toEqual({ blank_issues_enabled: false });
  });

  it('ask of a bug for its version, the health and the log', () => {
    expect(requiredOf('bug.yml')).toEqual(['what', 'version', 'health', 'log']);
  });

  it('ask of a feature for what somebody wants to do', () => {
    expect(requiredOf('feature.yml')).toEqual(['job']);
  });

  it('send vulnerabilities elsewhere', () => {
    expect(JSON.stringify(fieldsOf('bug.yml'))).toContain('SECURITY.md');
  });
});

describe('the template for pull requests', () => {
  const template = read('.github/pull_request_template.md');

  it('names only scripts that there are', () => {
    const scripts = scriptsCalledIn(template);
    expect(scripts).toEqual(['test', 'test:docker']);
    for (const script of scripts) expect(Object.keys(manifest.scripts)).toContain(script);
  });

  it('asks for what CONTRIBUTING demands, in its words', () => {
    const rules = read('CONTRIBUTING.md');
    for (const words of [
      'carries a test that failed before',
      'parsed by a zod schema at the edge',
      'Conventional Commit',
    ]) {
      expect(rules).toContain(words);
      expect(template).toContain(words);
    }
  });
});
