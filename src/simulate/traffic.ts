/** Where visits come from, as their first pages and their referrers say it. */
import type { Acts } from './acts.ts';
import { PAGE, PAGE_SPAN } from './events.ts';
import { CAMPAIGNS, EXTERNAL_SITES } from './vocabulary.ts';

/** What Gold has to say of a session that came that way. */
export interface Traffic {
  channel: string;
  source: string;
  medium: string;
  campaign: string | null;
}

const DIRECT: Traffic = {
  channel: 'Direct',
  source: '(direct)',
  medium: '(none)',
  campaign: null,
};

/** In the order of `EXTERNAL_SITES`, each site once; by Google Analytics 4's default channel groups. */
const SITES: Readonly<Record<(typeof EXTERNAL_SITES)[number], Traffic>> = {
  '': DIRECT,
  'https://www.google.com/': search('google'),
  'https://www.bing.com/': search('bing'),
  'https://duckduckgo.com/': search('duckduckgo'),
  'https://www.instagram.com/': referral('Organic Social', 'instagram.com'),
  'https://m.facebook.com/': referral('Organic Social', 'm.facebook.com'),
  'https://www.pinterest.com/': referral('Organic Social', 'pinterest.com'),
  'https://mail.example/inbox': referral('Referral', 'mail.example'),
  'https://deals.example/today?page=2&sort=new': referral('Referral', 'deals.example'),
};

/** By the name of the campaign. */
const CAMPAIGN_CHANNELS: Readonly<Record<(typeof CAMPAIGNS)[number]['campaign'], string>> = {
  'weekly-picks': 'Email',
  welcome: 'Email',
  brand: 'Paid Search',
  // Paid, and its name speaks of shopping.
  'generic-shopping': 'Paid Shopping',
  'new-season': 'Organic Social',
  deals: 'Affiliates',
};

const OF_CAMPAIGNS: readonly Traffic[] = CAMPAIGNS.map(({ source, medium, campaign }) => ({
  ...{ channel: CAMPAIGN_CHANNELS[campaign], source, medium, campaign },
}));

/** All of them, without repetition; at most 31. */
export const TRAFFIC: readonly Traffic[] = [...new Set([...Object.values(SITES), ...OF_CAMPAIGNS])];

/** Names of the channels; a visitor's first one is held as an index. */
export const CHANNELS: readonly string[] = [...new Set(TRAFFIC.map(({ channel }) => channel))];

const OF_SITE = Uint8Array.from(EXTERNAL_SITES, (site) => TRAFFIC.indexOf(SITES[site]));
const OF_CAMPAIGN = Uint8Array.from(OF_CAMPAIGNS, (traffic) => TRAFFIC.indexOf(traffic));
const OF_NOTHING = TRAFFIC.indexOf(DIRECT);
const FIRST_CAMPAIGN_PAGE = PAGE.campaign * PAGE_SPAN;
const FIRST_EXTERNAL_PAGE = PAGE.external * PAGE_SPAN;

/** Index in `TRAFFIC`: the first campaign that a page of the visit names, else the site before its first page. */
export function trafficOf(acts: Acts): number {
  for (let step = 0; step < acts.count; step++) {
    const page = acts.page[step]!;
    if (page >= FIRST_CAMPAIGN_PAGE) {
      return OF_CAMPAIGN[page - FIRST_CAMPAIGN_PAGE]!;
    }
  }
  const referrer = acts.referrer[0]!;
  const isExternal = referrer >= FIRST_EXTERNAL_PAGE && referrer < FIRST_CAMPAIGN_PAGE;
  return isExternal ? OF_SITE[referrer - FIRST_EXTERNAL_PAGE]! : OF_NOTHING;
}

function search(source: string): Traffic {
  return { channel: 'Organic Search', source, medium: 'organic', campaign: null };
}

function referral(channel: string, source: string): Traffic {
  return { channel, source, medium: 'referral', campaign: null };
}
