/** Loads the sites of channels/sites.yaml and adds those of the configuration. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SiteKind, SiteRules } from '../contract/sites.ts';

const FILE = new URL('../../channels/sites.yaml', import.meta.url);

type SiteFile = Readonly<Record<SiteKind | 'payment', readonly string[]>>;

let read: SiteFile | undefined;

function builtIn(): SiteFile {
  read ??= parse(readFileSync(FILE, 'utf8')) as SiteFile;
  return read;
}

export interface OwnSites {
  channels: { readonly [kind in SiteKind]?: readonly string[] | undefined };
  own: readonly string[];
  ignored: readonly string[];
}

/** The built-in lists plus the configuration's entries, in lower case and without `www.`. */
export function siteRules({ channels, own, ignored }: OwnSites): SiteRules {
  const { payment, ...kinds } = builtIn();
  const withOwn = (kind: SiteKind): string[] => [...kinds[kind], ...hosts(channels[kind] ?? [])];
  return {
    search: withOwn('search'),
    social: withOwn('social'),
    video: withOwn('video'),
    shopping: withOwn('shopping'),
    ai: withOwn('ai'),
    own: hosts(own),
    ignored: [...payment, ...hosts(ignored)],
  };
}

/** The lists without any configuration. */
export function builtInSites(): SiteRules {
  return siteRules({ channels: {}, own: [], ignored: [] });
}

/** In lower case and without `www.`, as the sites of referrers are. */
function hosts(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase().replace(/^www\./, ''));
}
