/** The dimension of products: their last name, category and brand. The rows of Gold have those of their day. */
import { mLet, mText, mTextList } from './m-text.ts';
import type { GoldTable, ModelColumn, ModelTable } from './model.ts';
import { type GoldSource, readTableExpression } from './source.ts';

const ID = 'product_id';

/** What a product is called, last. */
const NAMES: readonly (ModelColumn & { source: string })[] = [
  name('Product Name', 'product_name', 'last name of the product; null: none was sent'),
  name('Category', 'category', 'last category of the product; null: none was sent'),
  name('Brand', 'brand', 'last brand of the product; null: none was sent'),
];

/** Every product of gold_products, once. */
export function productTable(products: GoldTable, source: GoldSource): ModelTable {
  return {
    name: 'Products',
    description:
      'Every product, with its last name, category and brand, whatever days are selected.',
    columns: [
      { ...name('Product ID', ID, 'the product, as the shop names it'), isKey: true },
      ...NAMES,
      name(
        'Product',
        'product',
        'last name of the product with its id behind it; without a name, the id',
      ),
    ],
    from: { query: productQuery(products, source) },
  };
}

function productQuery(products: GoldTable, source: GoldSource): string {
  const names = NAMES.map((column) => column.source);
  const lastOf = (column: string) =>
    `{${mText(column)}, each List.First(List.RemoveNulls([${column}])), type text}`;
  return mLet([
    { name: 'Source', expression: readTableExpression(source, products) },
    {
      // Few names for many days: what follows then has few rows.
      name: 'Named',
      expression: `Table.Group(Source, ${mTextList([ID, ...names])}, {{"date", each List.Max([date]), type date}})`,
    },
    {
      // A key must be unique for the model, which sees neither spaces at the end nor upper and lower case.
      name: 'Trimmed',
      expression: `Table.TransformColumns(Named, {{${mText(ID)}, Text.TrimEnd, type text}})`,
    },
    {
      // Without the buffer the order is lost.
      name: 'NewestFirst',
      expression: `Table.Buffer(Table.Sort(Trimmed, {{"date", Order.Descending}, {${mText(ID)}, Order.Ascending}}))`,
    },
    {
      name: 'Last',
      expression: `Table.Group(NewestFirst, ${mTextList([ID])}, {${names.map(lastOf).join(', ')}}, GroupKind.Global, Comparer.OrdinalIgnoreCase)`,
    },
    {
      name: 'With_product',
      expression: `Table.AddColumn(Last, "product", each if [product_name] = null then [${ID}] else [product_name] & " (" & [${ID}] & ")", type text)`,
    },
  ]);
}

function name(
  title: string,
  source: string,
  description: string,
): ModelColumn & { source: string } {
  return { name: title, source, type: 'string', description, isHidden: false };
}
