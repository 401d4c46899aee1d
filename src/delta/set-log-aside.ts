import { currentTime, type DeltaContext } from './context.ts';
import { inTable, logFolder } from './log-paths.ts';

/**
 * Takes a table's log away, for a table that is about to be rebuilt in the same folder: afterwards
 * there is no table. The log is kept beside it, in `_damaged_log/<time>/`; its data files are left to
 * vacuum. Safe to interrupt and to repeat: what is left of a damaged log in between is no table that
 * could be read either, since its beginning goes first.
 */
export async function setLogAside(context: DeltaContext, root: string): Promise<void> {
  const { storage } = context;
  const time = new Date(currentTime(context)).toISOString().replace(/[:.]/g, '-');
  const paths: string[] = [];
  for await (const { path } of storage.list(logFolder(root))) {
    paths.push(path);
  }
  for (const path of paths) {
    const name = path.slice(logFolder(root).length);
    await storage.write(inTable(root, `_damaged_log/${time}/${name}`), await storage.read(path));
  }
  for (const path of paths) {
    await storage.delete(path);
  }
}
