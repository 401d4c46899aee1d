/** A network that carries so many bytes a second, both ways together, in front of a local service. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface NarrowProxy {
  origin: string;
  stop(): Promise<void>;
}

export async function startNarrowProxy(
  target: string,
  bytesPerSecond: number,
): Promise<NarrowProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let freeAtMs = performance.now();
  /** Waits until the line has carried what was put on it before, and these bytes. */
  const carry = async (bytes: number): Promise<void> => {
    freeAtMs = Math.max(freeAtMs, performance.now()) + (bytes / bytesPerSecond) * 1000;
    await sleep(Math.max(0, freeAtMs - performance.now()));
  };
  const pump = async (from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from) {
      await carry((chunk as Buffer).length);
      if (!to.write(chunk as Buffer)) {
        await new Promise((resolve) => to.once('drain', resolve));
      }
    }
    to.end();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const service = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // The other end notices by itself.
      socket.on('error', () => {});
    }
    pump(client, service).catch(() => service.destroy());
    pump(service, client).catch(() => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const listeningPort = typeof address === 'object' && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${listeningPort}`,
    async stop() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
