/** Hidden measures that only the report's visuals need. */
import { FORMATS, type Measure } from './measure.ts';
import { changeName } from './measures-periods.ts';

/** Up, down, as before; the same marks as on the dashboard. */
const GROWTH = '▲\\ +#,0.0%;▼\\ \\−#,0.0%;±\\ #,0.0%';
const POINTS = '▲\\ +#,0.00\\ \\p\\p;▼\\ \\−#,0.00\\ \\p\\p;±\\ #,0.00\\ \\p\\p';

/** Smaller changes would be shown as 0 with a sign and a colour. */
const FLAT = { growth: 0.0005, rate: 0.00005 };

/** The change of a measure as a card shows it. */
export function shownChangeName(name: string): string {
  return `${changeName(name)} Shown`;
}

/** For each measure that has a change. */
export function visualMeasures(measures: readonly Measure[]): Measure[] {
  const byName = new Map(measures.map((measure) => [measure.name, measure]));
  return measures.flatMap((base) => {
    const change = byName.get(changeName(base.name));
    return change === undefined ? [] : [shownChange(base, change)];
  });
}

function shownChange(base: Measure, change: Measure): Measure {
  const isRate = base.format === FORMATS.rate;
  const flat = isRate ? FLAT.rate : FLAT.growth;
  return {
    name: shownChangeName(base.name),
    folder: change.folder,
    format: isRate ? POINTS : GROWTH,
    description: isRate
      ? `${change.name} in hundredths, for cards [percentage points]. 0 where it would round to that.`
      : `${change.name}, for cards. 0 where it would round to that.`,
    dax: [
      'IF(',
      `    NOT ISBLANK([${change.name}]),`,
      `    IF(ABS([${change.name}]) >= ${flat}, ${isRate ? '100 * ' : ''}[${change.name}], 0)`,
      ')',
    ].join('\n'),
    sql: `SELECT CASE WHEN abs(change) < ${flat} THEN 0 ELSE ${isRate ? '100 * ' : ''}change END FROM (SELECT (${change.sql}) AS change)`,
    isHidden: true,
  };
}
