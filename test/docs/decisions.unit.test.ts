import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'docs/decisions';
const files = readdirSync(FOLDER).sort();

interface Note {
  readonly file: string;
  readonly number: number;
  readonly title: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly sections: readonly string[];
}

function readNote(file: string): Note {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const [, title = '', list = ''] = /^(# .+)\n\n((?:- .+\n)+)\n/.exec(text) ?? [];
  const fields = [...list.matchAll(/^- (.+?): (.+)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  const sections = [...text.matchAll(/^\*\*(.+?)\.\*\*/gm)].map(([, name = '']) => name);
  return { file, number: Number(file.slice(0, 4)), title, fields: new Map(fields), sections };
}

const notes = files.map(readNote);

/** The note that a field links to. */
function linked(note: Note, field: string): Note | undefined {
  const [, number, file] = /^\[note (\d+)\]\((.+?)\)/.exec(note.fields.get(field) ?? '') ?? [];
  return notes.find((other) => other.file === file && other.number === Number(number));
}

describe('the decisions', () => {
  it('are numbered without a hole', () => {
    expect(notes.map(({ number }) => number)).toEqual(files.map((_, index) => index + 1));
  });

  it.each(notes)(
    '$file has a title, what led to it, the choice and its price',
    ({ number, title, sections }) => {
      expect(title).toMatch(new RegExp(`^# ${number}\\. [A-Z].*[^.]$`));
      expect(sections).toEqual(['Context', 'Choice', 'Given up']);
    },
  );

  it.each(notes)('$file says whether it holds, and since when', ({ fields }) => {
    expect([...fields.keys()].slice(0, 2)).toEqual(['Status', 'Date']);
    expect(['accepted', 'superseded']).toContain(fields.get('Status'));
    expect(fields.get('Date')).toMatch(/^\d{4}-\d\d-\d\d$/);
    for (const name of [...fields.keys()].slice(2)) {
      expect(['Superseded by', 'Supersedes', 'Amended by', 'Amends']).toContain(name);
    }
  });

  it.each(notes)('$file names the note that replaced it, if one did', ({ fields }) => {
    expect(fields.has('Superseded by')).toBe(fields.get('Status') === 'superseded');
  });

  it.each([
    ['Superseded by', 'Supersedes'],
    ['Amended by', 'Amends'],
  ])('say %s in the earlier note, and %s in the later one', (earlier, later) => {
    for (const note of notes.filter(({ fields }) => fields.has(earlier))) {
      const other = linked(note, earlier);
      expect(other?.number).toBeGreaterThan(note.number);
      expect(other && linked(other, later)).toBe(note);
    }
    for (const note of notes.filter(({ fields }) => fields.has(later))) {
      const other = linked(note, later);
      expect(other && linked(other, earlier)).toBe(note);
    }
  });
});
