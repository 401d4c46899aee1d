/** A thread that turns records into text; see `writer-pool.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLineWriter } from './line-writer.ts';
import { openShop } from './shop.ts';
import type { WriterAnswer, WriterSettings, WriterTask } from './writer-pool.ts';

const { profile, seed, rates } = workerData as WriterSettings;
const writer = createLineWriter(openShop(profile, seed), seed, rates);

parentPort!.on('message', ({ id, count, ints, shownUs, out }: WriterTask) => {
  const sizeBytes = writer.write({ count, ints, shownUs }, out);
  const answer: WriterAnswer = { id, out, sizeBytes };
  parentPort!.postMessage(answer, [out.buffer as ArrayBuffer]);
});
