/**
 * Gives each worker one task after the other, until none is left. The results are in the order of the tasks. On
 * an error no further task begins, and it is thrown when no task is running any more.
 */
export async function shareTasks<Worker, Task, Result>(
  workers: readonly Worker[],
  tasks: readonly Task[],
  run: (worker: Worker, task: Task) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const runTasks = async (worker: Worker): Promise<void> => {
    while (next < tasks.length) {
      const index = next;
      next += 1;
      try {
        results[index] = await run(worker, tasks[index] as Task);
      } catch (error) {
        next = tasks.length;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(workers.map(runTasks));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
  return results;
}
