/** Where a style begins and ends (ECMA-48, SGR). */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof codes;
export type Paint = (style: Style, text: string) => string;

export function painter({ hasColours }: { readonly hasColours: boolean }): Paint {
  return (style, text) => {
    const [begin, end] = codes[style];
    return hasColours ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
  };
}
