import { describe, expect, it } from '@jest/globals';
import { plainLine, plainText } from '../../shared/core/plain-text.ts';

describe('a text from elsewhere', () => {
  it('keeps letters of every script, and its lines where it may have some', () => {
    expect(plainLine('Größe 日本 🎉')).toBe('Größe 日本 🎉');
    expect(plainText('a\tb\nc\u0000')).toBe('a\tb\nc\\u0000');
    expect(plainLine('a\nb')).toBe('a\\u000ab');
  });
});
