import { jest } from '@jest/globals';
import { scaledMs, TEST_MS } from './time.ts';

jest.setTimeout(scaledMs(TEST_MS));
