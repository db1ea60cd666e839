import { join } from 'node:path';
import { readRecord } from '@tare/recipe';
import { boxRecordSchema, type BoxRecord } from '../record/box-record.ts';

/**
 * Reads which box machines are made of.
 * @param records folder of `box/box.json`.
 * @throws Error with what to run when there is none.
 */
export function readBoxRecord(records: string): BoxRecord {
  return readRecord(join(records, 'box', 'box.json'), boxRecordSchema, 'Run nx run vagrant:vagrant-box.');
}
