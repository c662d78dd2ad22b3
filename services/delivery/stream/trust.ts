import type { Cursor } from '../../../shared/contract/cursor.ts';
import { Completeness } from './completeness.ts';
import { Coverage } from './coverage.ts';

/** What the own queue has brought in full, as marks prove it: for each binding, and on the whole. */
export class Trust {
  readonly coverage = new Coverage();
  readonly completeness = new Completeness();

  markPublished(mark: Cursor): void {
    this.coverage.markPublished(mark);
    this.completeness.markPublished(mark);
  }

  markArrived(mark: Cursor, position: number): void {
    this.coverage.markArrived(mark, position);
    this.completeness.markArrived(mark, position);
  }

  /** Something may have been dropped: memory is not trusted until the history has been read. */
  doubt(): void {
    this.coverage.distrust();
    this.completeness.doubt();
  }
}
