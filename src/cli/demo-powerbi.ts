/** The last step of the demo: the Power BI project for its lake. */
import { join } from 'node:path';
import type { Demo, DemoResult } from './demo-step.ts';
import { formatQuantity } from './format.ts';
import { makePowerbiProject, renderKept } from './powerbi.ts';

export async function makePowerbi(demo: Demo): Promise<DemoResult> {
  const out = join(demo.folder, 'powerbi');
  const report = await makePowerbiProject(demo.settings, { out }, demo.io, () =>
    demo.lake.purchaseFacts(),
  );
  const { project, source, written, unchanged, kept } = report;
  return {
    json: { project, source, written: written.length, unchanged: unchanged.length, kept },
    lines: [
      `${formatQuantity(written.length + unchanged.length, 'file')}: a semantic model with measures, and a report`,
      'Power BI Desktop opens it; Refresh loads the lake (on another machine: docs/powerbi.md)',
      ...renderKept(kept, demo.output),
    ],
    places: [['the Power BI project', join(out, 'Clicklake.pbip')]],
  };
}
