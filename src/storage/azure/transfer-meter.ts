/** How far the transfers are that are going on. */
export type TransferListener = (transfer: {
  direction: 'download' | 'upload';
  /** Of all transfers in that direction since it last had nothing to do. */
  bytesDone: number;
  bytesTotal: number;
}) => void;

export interface TransferMeter {
  begin(direction: 'download' | 'upload', bytes: number): TransferProgress;
}

export interface TransferProgress {
  /** More bytes are to be moved. */
  expect(bytes: number): void;
  /** So many bytes have been moved. */
  add(bytes: number): void;
  /** The transfer is over, whole or not. */
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
          // What was not moved is not waited for any more.
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
