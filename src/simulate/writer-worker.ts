/** A thread that turns records into text; see `writer-pool.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLineWriter } from './line-writer.ts';
import { openShop } from './shop.ts';
import {
  buffersOf,
  type WriterAnswer,
  type WriterSettings,
  type WriterTask,
} from './writer-pool.ts';

const { profile, seed, rates } = workerData as WriterSettings;
const writer = createLineWriter(openShop(profile, seed), seed, rates);

parentPort!.on('message', (task: WriterTask) => {
  const answer: WriterAnswer = { ...task, sizeBytes: writer.write(task.records, task.out) };
  parentPort!.postMessage(answer, buffersOf(task));
});
