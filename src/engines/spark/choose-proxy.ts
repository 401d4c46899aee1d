/** Which proxy an encrypted connection goes through, by the variables that other programs read too. */
import { ClicklakeError } from '../../errors.ts';

/**
 * That of HTTPS_PROXY, unless NO_PROXY excludes the host; undefined: none. The variables may be written
 * in lower case, which then wins. Throws `config_invalid` for what is not the URL of a proxy.
 */
export function chooseProxy(
  { host, port }: { host: string; port: number },
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const given = env.https_proxy || env.HTTPS_PROXY;
  const excluded = env.no_proxy || env.NO_PROXY || '';
  if (!given || excluded.split(',').some((entry) => isExcluded(entry, host, port))) {
    return undefined;
  }
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') {
    return proxy;
  }
  // The text may hold a password: it is not repeated.
  throw new ClicklakeError('config_invalid', 'HTTPS_PROXY is not the URL of an HTTP proxy', {
    hint: 'for example http://proxy.example.com:3128',
  });
}

/** An entry is `*`, a host, which stands for those below it too, or either with a port. */
function isExcluded(entry: string, host: string, port: number): boolean {
  const [, name = '', itsPort] =
    /^\s*(?:\*?\.)?(\*|\[[^\]]*\]|[^\s:]*)(?::(\d+))?\s*$/.exec(entry.toLowerCase()) ?? [];
  if (name === '' || (itsPort !== undefined && Number(itsPort) !== port)) {
    return false;
  }
  const wanted = host.toLowerCase();
  return name === '*' || wanted === name || wanted.endsWith(`.${name}`);
}
