import { stringify } from 'yaml';
import { asyncApiDocument } from './document.ts';

export const ASYNCAPI_PAGE = 'docs/asyncapi.yaml';

/** The file as it has to be; to readers of YAML 1.1 too, to whom a bare `yes` or date is no text. */
export function asyncApiPage(): string {
  return stringify(asyncApiDocument(), {
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
    lineWidth: 0,
    singleQuote: true,
  });
}
