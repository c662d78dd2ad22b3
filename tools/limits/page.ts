import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { IngestVariables } from '../../services/ingest/config.ts';
import { PushVariables } from '../../services/push/config.ts';
import { commonVariables } from '../../shared/config/env.ts';
import { Age } from '../../shared/config/setting-rules.ts';
import { amount, numberIn } from './amount.ts';
import { constantBounds, type ConstantBound } from './constants.ts';
import { memoryBounds } from './memories.ts';
import { operatorBounds } from './operators.ts';
import { pushBounds } from './push.ts';
import type { Reach } from './row.ts';
import { settingBounds, type Setting } from './settings.ts';

export const LIMITS_PAGE = 'docs/limits.md';
const INTRODUCTION = `Everything that a client, a caller or a bad day can make roomcast do has a bound. What each setting is for is in
[.env.example](../.env.example), the error and close codes are in [PROTOCOL.md](../PROTOCOL.md). The test beside a bound reaches it.
\`npm run docs:limits\` writes this page from the settings and from \`tools/limits/\`.`;

const schemas: Readonly<Record<string, z.ZodType>> = {
  ...DeliveryVariables.shape,
  ...IngestVariables.shape,
  ...PushVariables.shape,
};

/** A number or an age that is no port: what such a setting bounds must be said. */
function isBound(name: string): boolean {
  const value = defaultOf(name);
  const isAge = typeof value === 'string' && Age.safeParse(value).success;
  return (typeof value === 'number' || isAge) && !name.endsWith('_PORT');
}

function defaultOf(name: string): unknown {
  return schemas[name]?.safeParse(undefined).data;
}

/** What keeps the page from being whole, each in one line that says what to do. */
export function missingFromLimits(root: string): readonly string[] {
  const settings = Object.keys(schemas)
    .filter((name) => isBound(name) && !Object.hasOwn(settingBounds, name))
    .map(
      (name) => `${name}: no row; say in tools/limits/settings.ts what is beyond it, and which test shows it`,
    );
  const reached = Object.entries(settingBounds).map(([name, reach]) =>
    notShown(root, [name, camelCase(name)], reach),
  );
  const constants = [...constantBounds, ...operatorBounds, ...pushBounds, ...memoryBounds].flatMap(
    (bound) => [
      valueOf(root, bound) === undefined
        ? `${bound.name}: not found in ${bound.file}; mend its row in tools/limits/`
        : undefined,
      notShown(root, [bound.name], bound),
    ],
  );
  return [...settings, ...reached, ...constants].filter((problem) => problem !== undefined);
}

function notShown(root: string, names: readonly string[], { test, says }: Reach): string | undefined {
  const path = join('test', test);
  if (!existsSync(join(root, path))) return `${names[0]}: there is no ${path}`;
  const text = readFileSync(join(root, path), 'utf8');
  const words = says === undefined ? names : [says];
  if (words.some((word) => text.includes(word))) return undefined;
  return `${names[0]}: ${path} does not mention ${words.join(' or ')}; name another test, or its words in "says"`;
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function valueOf(root: string, { file, name }: ConstantBound): number | undefined {
  const path = join(root, file);
  return existsSync(path) ? numberIn(readFileSync(path, 'utf8'), name) : undefined;
}

/** The page as it has to be. */
export function limitsPage(root: string): string {
  const named = (shape: Readonly<Record<string, unknown>>) =>
    Object.keys(shape).filter((name) => Object.hasOwn(settingBounds, name));
  const common = named(commonVariables);
  const own = (shape: Readonly<Record<string, unknown>>) =>
    named(shape).filter((name) => !common.includes(name));
  return [
    '# Limits',
    INTRODUCTION,
    '## Both services',
    settingsTable(common),
    '## Delivery',
    settingsTable(own(DeliveryVariables.shape)),
    '## Ingest',
    settingsTable(own(IngestVariables.shape)),
    '## Without a setting',
    constantsTable(root, constantBounds),
    '## Calls of operators',
    constantsTable(root, operatorBounds),
    '## Push',
    settingsTable(own(PushVariables.shape)),
    constantsTable(root, pushBounds),
    '## What is remembered',
    constantsTable(root, memoryBounds),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function settingsTable(names: readonly string[]): string {
  const rows = names.map((name) => {
    const reach = settingBounds[name as Setting];
    return [`\`${name}\``, shown(name), reach?.beyond ?? '', testLink(reach)];
  });
  return table(['setting', 'default', 'beyond it', 'test'], rows);
}

function constantsTable(root: string, bounds: readonly ConstantBound[]): string {
  const rows = bounds.map((bound) => [
    bound.what,
    amount(bound.name, valueOf(root, bound) ?? NaN),
    bound.beyond,
    testLink(bound),
  ]);
  return table(['bound', 'value', 'beyond it', 'test'], rows);
}

function shown(name: string): string {
  const value = defaultOf(name);
  if (typeof value === 'number') return amount(name, value);
  return typeof value === 'string' ? value : 'none';
}

function testLink(reach: Reach | undefined): string {
  return reach === undefined ? '' : `[${reach.test.replace(/\.test\.ts$/, '')}](../test/${reach.test})`;
}

/** As Prettier writes one: columns of one width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
