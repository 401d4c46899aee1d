/** Buttons of a page. */
import { resetBookmark } from './bookmarks.ts';
import { COLOURS } from './theme.ts';
import { type Action, colour, literal, type Place, size, type Visual } from './visual-json.ts';

/** Back to the page that one came from. */
export function backButton(name: string, place: Place): Visual {
  const altText = 'Button: back to the page that you came from.';
  return button(name, place, { icon: 'back', text: 'Back', altText, action: { kind: 'Back' } });
}

/** Sets the slicers of the page back to how the report opens. */
export function resetButton(name: string, place: Place, page: string): Visual {
  return button(name, place, {
    icon: 'reset',
    text: 'Reset',
    altText: 'Button: sets the slicers back to how the report opens.',
    action: { kind: 'Bookmark', bookmark: resetBookmark(page) },
  });
}

function button(
  name: string,
  place: Place,
  what: { icon: 'back' | 'reset'; text: string; altText: string; action: Action },
): Visual {
  const { icon, text, altText, action } = what;
  // As it is at rest; the states of hovering and pressing are Power BI's own.
  const selector = { id: 'default' };
  return {
    ...{ name, place, altText, action },
    type: 'actionButton',
    roles: {},
    objects: {
      icon: [
        { properties: { show: literal(true) } },
        {
          properties: {
            shapeType: literal(icon),
            lineColor: colour(COLOURS.quiet),
            placement: literal('left'),
          },
          selector,
        },
      ],
      text: [
        { properties: { show: literal(true) } },
        {
          properties: {
            text: literal(text),
            fontSize: size(10),
            fontColor: colour(COLOURS.text),
          },
          selector,
        },
      ],
      outline: [{ properties: { show: literal(false) } }],
    },
  };
}
