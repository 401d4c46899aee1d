/** Who buys: all buyers by how recently and how often they have bought. */
import { HeatMap } from '../charts/heat-map.tsx';
import { formatCount, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

/** The best first. */
const RECENCY = [5, 4, 3, 2, 1] as const;
const FREQUENCY = [1, 2, 3, 4, 5] as const;

export function Segments({ part, definitions }: PanelProps<'segments'>) {
  const at = (row: number, column: number) =>
    part.find(
      ({ recency, frequency }) => recency === RECENCY[row] && frequency === FREQUENCY[column],
    );
  return (
    <Panel
      title="Segments of buyers"
      id="segments"
      wide
      definitions={definitions}
      meaning={{
        text: 'All buyers of the lake, whatever period and filters: how many there are in each fifth of recency (rows) and of frequency (columns), 5 the best, and the net revenue of all their orders. A fifth is 1, and one more for each whole fifth of the buyers whose last order is older, or who have fewer orders; buyers with equal values share a fifth, so that some are empty.',
        columns: [
          'gold_rfm.recency_quintile',
          'gold_rfm.frequency_quintile',
          'gold_rfm.days_since_last_order',
          'gold_rfm.revenue',
        ],
      }}
      table={() => ({
        columns: ['recency_quintile', 'frequency_quintile', 'buyers', 'revenue'],
        rows: part.map((each) => [each.recency, each.frequency, each.buyers, each.revenue]),
      })}
    >
      <HeatMap
        caption="Buyers and net revenue by recency and frequency"
        rows={RECENCY.map((fifth) => `Recency ${fifth}`)}
        labelWidth={100}
        minWidth={650}
        columns={FREQUENCY.map((fifth) => `Frequency ${fifth}`)}
        value={(row, column) => at(row, column)?.buyers ?? 0}
        text={(row, column) => {
          const found = at(row, column);
          return found === undefined
            ? ''
            : `${formatCount(found.buyers)} (${formatValue('money', found.revenue)})`;
        }}
        title={(row, column) =>
          `recency ${RECENCY[row]}, frequency ${FREQUENCY[column]}: buyers (net revenue)`
        }
      />
    </Panel>
  );
}
