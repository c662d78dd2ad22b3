import { describe, expect, it } from '@jest/globals';
import { isOnlyStray, jsonIn } from '../../services/ingest/backends/easyappointments/api/json-in.ts';

const rows = [{ id: 1, notes: 'a "quoted" ] } \\ note\n<br />' }, { id: 2 }];
const json = JSON.stringify(rows);
const HTML =
  '<div style="border: 1px solid">\n<h4>A PHP Error was encountered</h4>\n<p>8192</p>\n<p>json_decode(): Passing null to parameter #1 ($json) of type string is deprecated</p>\n</div>\n';
const DEPRECATED =
  '<br />\n<b>Deprecated</b>:  strpos(): Passing null in <b>x.php</b> on line <b>42</b><br />\n';
const PLAIN = '\nWarning: Undefined array key "x" in $row[0] {main} in /var/www/x.php on line 3\n';

describe('the JSON of an answer', () => {
  it.each([
    ['alone', json, undefined],
    ['with blanks around it', `\n ${json}\r\n`, undefined],
    ['behind a byte order mark', `\ufeff${json}`, 'a byte order mark'],
    ['behind several, of several files', `\ufeff\n\ufeff${json}`, 'a byte order mark'],
    ['behind a warning as a block', HTML + json, 'a message of PHP'],
    ['behind a notice', DEPRECATED + json, 'a message of PHP'],
    ['behind a warning as text', PLAIN + json, 'a message of PHP'],
    ['behind a byte order mark and a warning', `\ufeff${DEPRECATED}\ufeff${json}`, 'a message of PHP'],
    ['before a warning', json + PLAIN, 'a message of PHP'],
    ['between two', HTML + json + DEPRECATED, 'a message of PHP'],
    ['behind what a plug-in prints', `debug: here\n${json}`, 'text that is not JSON'],
  ])('is read %s', (_where, text, stray) => {
    expect(jsonIn(text)).toEqual({ value: rows, ...(stray !== undefined && { stray }) });
  });

  it('that is empty is not taken for a bracket of the warning', () => {
    expect(jsonIn(`${PLAIN}[]`)).toEqual({ value: [], stray: 'a message of PHP' });
  });

  it.each([
    ['a web page that has some in it', `<!doctype html><script>\n[]\n</script>`],
    ['a list that breaks off', `${json.slice(0, -2)}\n<b>Fatal error</b>: memory`],
    ['a warning', HTML],
    ['nothing', ''],
    ['PHP itself', '<?php'],
  ])('is not found in %s', (_what, text) => {
    expect(jsonIn(text)).toBeUndefined();
  });

  it('is mended as a webhook is where clients would not read it as it was sent', () => {
    expect(jsonIn('{"id":7615917337495251231,"notes":"cut \\ud83d"}')?.value).toEqual({
      id: '7615917337495251231',
      notes: 'cut \ufffd',
    });
  });

  it('is looked for in a time that grows with the answer alone', () => {
    const long = '{"'.repeat(200_000);
    expect(jsonIn(`${PLAIN}${'\n['.repeat(100_000)}${long}`)).toBeUndefined();
  });
});

describe('an answer that says nothing', () => {
  it.each([
    ['nothing', '', true],
    ['a byte order mark', '\ufeff\n', true],
    ['a warning', DEPRECATED, true],
    ['a page of a web server', '<html>nginx</html>', false],
    ['a page with a warning in it', `<html><body>${DEPRECATED}`, false],
    ['text', 'Not Found', false],
  ])('is %s: %j, %s', (_what, text, only) => {
    expect(isOnlyStray(text)).toBe(only);
  });
});
