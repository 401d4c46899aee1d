/** How each panel is drawn. */
import { type ComponentChildren, type ComponentType, Fragment } from 'preact';
import type { PageEntry, PanelId } from '../pages.ts';
import type { Health, Parts } from '../view.ts';
import { BotNote } from './bot-note.tsx';
import { Figures } from './figures.tsx';
import type { PageProps, PanelProps } from './panel.tsx';
import { AttributedRevenue } from './panels/attribution.tsx';
import { Cohorts } from './panels/cohorts.tsx';
import { Depths, Durations } from './panels/distributions.tsx';
import { Funnel } from './panels/funnel.tsx';
import { Groups } from './panels/groups.tsx';
import {
  Arrivals,
  Batches,
  Checks,
  HealthPanel,
  Reasons,
  Sources,
  Tables,
} from './panels/health.tsx';
import { Hours } from './panels/hours.tsx';
import { Orders } from './panels/orders.tsx';
import { Products } from './panels/products.tsx';
import { Segments } from './panels/segments.tsx';
import { SessionEvents } from './panels/session.tsx';
import { Sessions } from './panels/sessions.tsx';
import { Steps } from './panels/steps.tsx';
import { Trend } from './panels/trend.tsx';
import { PurchaseNotes } from './purchase-notes.tsx';

type Draw = (props: PageProps) => ComponentChildren;

const PANELS: Readonly<Record<PanelId, Draw>> = {
  figures: ({ view }) => <Figures view={view} />,
  notes: ({ view, health }) => (
    <div class="wide">
      {view.parts.notes !== undefined && <BotNote bots={view.parts.notes.bots} />}
      <PurchaseNotes purchases={health?.purchases ?? null} />
    </div>
  ),
  trend: ofPart('trend', Trend),
  funnel: ofPart('funnel', Funnel),
  steps: ofPart('steps', Steps),
  sessions: ofPart('sessions', Sessions),
  session: ({ filters, definitions, onChange }) =>
    filters.session !== undefined && (
      <SessionEvents id={filters.session} {...{ definitions, onChange }} />
    ),
  cohorts: ofPart('cohorts', Cohorts),
  segments: ofPart('segments', Segments),
  groups: ofPart('groups', Groups),
  durations: ofPart('durations', Durations),
  depths: ofPart('depths', Depths),
  hours: ofPart('hours', Hours),
  products: ofPart('products', Products),
  attribution: ofPart('attribution', AttributedRevenue),
  orders: ofPart('orders', Orders),
  health: ofHealth(HealthPanel),
  sources: ofHealth(Sources),
  quarantine: ofHealth(Reasons),
  batches: ofHealth(Batches),
  checks: ofHealth(Checks),
  arrivals: ofHealth(Arrivals),
  tables: ofHealth(Tables),
};

export function drawPanels({ panels }: PageEntry, props: PageProps): ComponentChildren {
  return panels.map((panel) => <Fragment key={panel}>{PANELS[panel](props)}</Fragment>);
}

function ofHealth(
  Part: ComponentType<{ health: Health; definitions: PageProps['definitions'] }>,
): Draw {
  return ({ health, definitions }) => health !== undefined && <Part {...{ health, definitions }} />;
}

/** Until the answer is there, the view is that of another page, and the part may be absent. */
function ofPart<Id extends keyof Parts>(id: Id, Part: ComponentType<PanelProps<Id>>): Draw {
  return (props) => {
    const part: Parts[Id] | undefined = props.view.parts[id];
    return part === undefined ? null : <Part {...{ ...props, part }} />;
  };
}
