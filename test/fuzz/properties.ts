import { bodies } from './bodies.ts';
import type { FuzzProperty } from './property.ts';

export const properties: readonly FuzzProperty[] = [bodies];
