import { currentTime, type DeltaContext } from './context.ts';
import { inTable, logFolder } from './log-paths.ts';

/**
 * Moves a table's log to `_damaged_log/<time>/`, before the table is rebuilt in the same folder.
 * Afterwards the table does not exist; vacuum deletes its data files later. Safe to interrupt and
 * repeat: the oldest log files are moved first, so a partly moved log cannot be read as a table.
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
