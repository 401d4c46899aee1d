/** The report as the files of a `.Report` folder. */

import { jsonFile, type ProjectFile } from '../project-file.ts';
import { bookmarkFiles } from './bookmarks.ts';
import { mobileJson, mobilePlaces } from './mobile.ts';
import type { PageOptions } from './page.ts';
import { pageJson } from './page-json.ts';
import { pages } from './pages.ts';
import { theme } from './theme.ts';
import { visualJson } from './visual-json.ts';

const SCHEMAS = 'https://developer.microsoft.com/json-schemas/fabric/item/report/definition';
const THEME_FILE = 'ClicklakeTheme.json';

/** The files under `<name>.Report/`, but for the two that tie it to its model. */
export function reportFiles(options: PageOptions): ProjectFile[] {
  const allPages = pages(options);
  return [
    jsonFile('definition/version.json', {
      $schema: `${SCHEMAS}/versionMetadata/1.0.0/schema.json`,
      version: '2.0.0',
    }),
    jsonFile('definition/report.json', reportJson()),
    jsonFile('definition/pages/pages.json', {
      $schema: `${SCHEMAS}/pagesMetadata/1.0.0/schema.json`,
      pageOrder: allPages.map(({ name }) => name),
      activePageName: allPages[0]!.name,
    }),
    ...allPages.flatMap((page) => [
      jsonFile(`definition/pages/${page.name}/page.json`, pageJson(page)),
      ...page.visuals.map((visual, index) =>
        jsonFile(
          `definition/pages/${page.name}/visuals/${visual.name}/visual.json`,
          visualJson(visual, index),
        ),
      ),
      ...mobilePlaces(page).map(({ visual, place }, index) =>
        jsonFile(
          `definition/pages/${page.name}/visuals/${visual.name}/mobile.json`,
          mobileJson(visual, place, index),
        ),
      ),
    ]),
    ...bookmarkFiles(allPages),
    // Power BI finds the theme by this name; another one, and it falls back to its own colours.
    jsonFile(`StaticResources/RegisteredResources/${THEME_FILE}`, theme(THEME_FILE)),
  ];
}

function reportJson(): object {
  return {
    $schema: `${SCHEMAS}/report/3.0.0/schema.json`,
    themeCollection: {
      customTheme: {
        name: THEME_FILE,
        reportVersionAtImport: { visual: '2.0.0', report: '3.0.0', page: '2.0.0' },
        type: 'RegisteredResources',
      },
    },
    resourcePackages: [
      {
        name: 'RegisteredResources',
        type: 'RegisteredResources',
        items: [{ name: THEME_FILE, path: THEME_FILE, type: 'CustomTheme' }],
      },
    ],
    settings: {
      useStylableVisualContainerHeader: true,
      defaultDrillFilterOtherVisuals: true,
      useEnhancedTooltips: true,
      exportDataMode: 'AllowSummarized',
    },
  };
}
