/** Requests to a dashboard's server. */
import { request } from 'node:http';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
}

export const ask = (address: string, path: string, options: Asked = {}): Promise<Answer> =>
  askRaw(address, new URL(path, address).href.replace(/^http:\/\/[^/]+/, ''), options);

/** Asks for the path as it is written, over a connection of its own: one that was kept may be closed by now. */
export function askRaw(address: string, path: string, options: Asked = {}): Promise<Answer> {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(address);
    const sent = request({ hostname, port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', fail);
    sent.end();
  });
}
