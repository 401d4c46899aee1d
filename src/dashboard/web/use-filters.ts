/** The filters of the page's address. */
import { useEffect, useState } from 'preact/hooks';
import {
  changeFilters,
  type FilterChange,
  type Filters,
  readFilters,
  showInAddress,
  toQuery,
} from './address.ts';

export function useFilters(): {
  filters: Filters;
  change: (wanted: FilterChange) => void;
  clear: () => void;
} {
  const [filters, setFilters] = useState<Filters>(readFilters);
  useEffect(() => {
    const back = (): void => setFilters(readFilters());
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  const show = (changed: Filters): void => {
    // One entry in the history for each change, and none for what is shown already.
    if (toQuery(changed) === toQuery(filters)) {
      return;
    }
    showInAddress(changed);
    setFilters(changed);
  };
  return {
    filters,
    change: (wanted) => show(changeFilters(filters, wanted)),
    clear: () => show({ where: [] }),
  };
}
