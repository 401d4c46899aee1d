/** Measures the progress of active transfers. */
export type TransferListener = (transfer: {
  direction: 'download' | 'upload';
  /** Bytes of all transfers in this direction since it was last idle. */
  bytesDone: number;
  bytesTotal: number;
}) => void;

export interface TransferMeter {
  begin(direction: 'download' | 'upload', bytes: number): TransferProgress;
}

export interface TransferProgress {
  /** Announces further bytes to transfer. */
  expect(bytes: number): void;
  /** This many bytes have been transferred. */
  add(bytes: number): void;
  /** The transfer has ended, complete or not. */
  end(): void;
}

export function openTransferMeter(listener: TransferListener): TransferMeter {
  const totals = { download: newTotal(), upload: newTotal() };
  return {
    begin(direction, bytes) {
      const total = totals[direction];
      let restBytes = 0;
      const tell = (): void =>
        listener({ direction, bytesDone: total.bytesDone, bytesTotal: total.bytesTotal });
      const expect = (more: number): void => {
        restBytes += more;
        total.bytesTotal += more;
        tell();
      };
      total.runningCount += 1;
      expect(bytes);
      return {
        expect,
        add(count) {
          restBytes -= count;
          total.bytesDone += count;
          tell();
        },
        end() {
          // Bytes that were not transferred no longer count as expected.
          total.bytesTotal -= restBytes;
          restBytes = 0;
          total.runningCount -= 1;
          tell();
          if (total.runningCount === 0) {
            Object.assign(total, newTotal());
          }
        },
      };
    },
  };
}

function newTotal(): { bytesDone: number; bytesTotal: number; runningCount: number } {
  return { bytesDone: 0, bytesTotal: 0, runningCount: 0 };
}
