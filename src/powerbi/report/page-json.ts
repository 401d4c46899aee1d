/** The content of `page.json` (page 2.0.0). */
import { PAGE_SIZE } from './grid.ts';
import { type Page, slug } from './page.ts';
import { expression, type Field, type Json } from './visual-json.ts';

export function pageJson(page: Page): Json {
  const { name, title, size = PAGE_SIZE, use } = page;
  return {
    $schema:
      'https://developer.microsoft.com/json-schemas/fabric/item/report/definition/page/2.0.0/schema.json',
    name,
    displayName: title,
    // A tooltip stands beside the pointer as large as it is.
    displayOption: use?.kind === 'Tooltip' ? 'ActualSize' : 'FitToPage',
    width: size.width,
    height: size.height,
    ...(use?.kind === 'Drillthrough' ? drillThrough(name, use.fields) : {}),
    ...(use?.kind === 'Tooltip'
      ? { pageBinding: { name: `${name}-binding`, type: 'Tooltip', parameters: [] } }
      : {}),
    ...(use === undefined ? {} : { type: use.kind, visibility: 'HiddenInViewMode' }),
  };
}

/** Each field as a parameter, bound to a filter of the page without a condition of its own. */
function drillThrough(page: string, fields: readonly Field[]): { [key: string]: Json } {
  const filterOf = (field: Field) => `${page}-by-${slug(`${field.table} ${field.name}`)}`;
  return {
    filterConfig: {
      filters: fields.map((field) => ({
        name: filterOf(field),
        field: expression(field),
        type: 'Categorical',
        howCreated: 'Drillthrough',
      })),
    },
    pageBinding: {
      name: `${page}-binding`,
      type: 'Drillthrough',
      parameters: fields.map((field) => ({
        name: `parameter-${filterOf(field)}`,
        boundFilter: filterOf(field),
        fieldExpr: expression(field),
      })),
    },
  };
}
