/** Of text and of changes. They differ in lightness too, for eyes that confuse hues. */
export const COLOURS = {
  text: '#1F2933',
  quiet: '#52606D',
  good: '#0F766E',
  bad: '#B91C1C',
} as const;

/** Colours and type of the report. */
export function theme(name: string): object {
  const { text, quiet, good, bad } = COLOURS;
  const font = (fontSize: number, color: string, face = 'Segoe UI') => ({
    fontSize,
    fontFace: face,
    color,
  });
  return {
    name,
    dataColors: [
      '#2F6EA5',
      '#D97706',
      '#0F766E',
      '#7C3AED',
      '#B91C1C',
      '#64748B',
      '#0EA5E9',
      '#65A30D',
    ],
    background: '#FFFFFF',
    foreground: text,
    tableAccent: '#2F6EA5',
    good,
    neutral: '#D97706',
    bad,
    maximum: '#2F6EA5',
    center: '#9CC3E3',
    minimum: '#F2F7FB',
    textClasses: {
      callout: font(24, text, 'Segoe UI Semibold'),
      title: font(11, text, 'Segoe UI Semibold'),
      header: font(11, text, 'Segoe UI Semibold'),
      label: font(10, quiet),
    },
    visualStyles: {
      page: {
        '*': {
          background: [{ color: { solid: { color: '#F5F7FA' } }, transparency: 0 }],
        },
      },
      '*': {
        '*': {
          background: [{ show: true, color: { solid: { color: '#FFFFFF' } }, transparency: 0 }],
          border: [{ show: true, color: { solid: { color: '#E4E7EB' } }, radius: 4 }],
        },
      },
      textbox: {
        '*': {
          background: [{ show: false }],
          border: [{ show: false }],
        },
      },
    },
  };
}
