import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';

const signals = new WeakMap<Socket, AbortSignal>();

/** Aborted when the connection closes: that is how a browser says it wants an answer no more. */
export function connectionSignal(socket: Socket): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) {
    return known;
  }
  const control = new AbortController();
  // A connection may carry any number of requests.
  setMaxListeners(0, control.signal);
  if (socket.destroyed) {
    control.abort();
  }
  socket.once('close', () => control.abort());
  signals.set(socket, control.signal);
  return control.signal;
}
