import { openMemoryStorage } from '../../src/storage/memory.ts';
import { describeStorageContract } from './contract.ts';

describeStorageContract('in memory', async () => {
  const storage = openMemoryStorage();
  return { storage, close: () => storage.dispose() };
});
