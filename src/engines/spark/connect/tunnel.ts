/** Connections through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6). */
import { request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ClicklakeError } from '../../../errors.ts';

/** TLS to the end of the tunnel: the proxy sees host and port, and nothing else. */
export function connectThrough(
  proxy: URL,
  target: { host: string; port: number },
  options: { ca?: string; ALPNProtocols?: string[] },
): TLSSocket {
  const host = target.host.replace(/^\[|\]$/g, '');
  return connect({
    ...options,
    host,
    socket: openTunnel(proxy, target),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
}

/** Bytes that are written before the proxy has answered wait. */
function openTunnel(proxy: URL, { host, port }: { host: string; port: number }): Duplex {
  const request = (proxy.protocol === 'https:' ? requestEncrypted : requestPlain)({
    method: 'CONNECT',
    host: proxy.hostname,
    ...(proxy.port === '' ? {} : { port: proxy.port }),
    path: `${host}:${port}`,
    headers: { host: `${host}:${port}`, ...authorization(proxy) },
    agent: false,
  });
  const opening = new Promise<Socket>((resolve, reject) => {
    request.on('error', (cause) =>
      reject(unavailable(proxy, `cannot be reached: ${cause.message}`, cause)),
    );
    request.on('response', ({ statusCode }) => reject(refusal(proxy, statusCode)));
    request.on('connect', ({ statusCode }, socket: Socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        reject(refusal(proxy, statusCode));
        return;
      }
      socket.unshift(head);
      resolve(socket);
    });
  });
  let opened: Socket | undefined;
  const tunnel = new Duplex({
    read: () => opened?.resume(),
    write: (chunk, _encoding, done) => opening.then((socket) => socket.write(chunk, done), done),
    final: (done) => opening.then((socket) => socket.end(done), done),
    destroy(error, done) {
      request.destroy();
      opened?.destroy();
      done(error);
    },
  });
  opening.then(
    (socket) => {
      opened = socket;
      socket.on('data', (chunk) => {
        if (!tunnel.push(chunk)) {
          socket.pause();
        }
      });
      socket.on('end', () => tunnel.push(null));
      socket.on('error', (error) => tunnel.destroy(error));
      socket.on('close', () => tunnel.destroy());
    },
    (error) => tunnel.destroy(error),
  );
  request.end();
  return tunnel;
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') {
    return {};
  }
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function refusal(proxy: URL, status = 0): ClicklakeError {
  return unavailable(proxy, `refused the connection (HTTP ${status})`);
}

function unavailable(proxy: URL, what: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('server_unavailable', `the proxy ${proxy.host} ${what}`, {
    hint: 'check HTTPS_PROXY, with user:password@ if the proxy asks for it, or exclude the host with NO_PROXY',
    cause,
  });
}
