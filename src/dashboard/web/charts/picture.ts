/** A chart as a picture: on the page's background, with its title above. */

const MARGIN = 16;
const TITLE_HEIGHT = 28;
const KEY_HEIGHT = 20;

/** What a line stands for. `color`: a property of the page's style; `dash`: lengths of dashes and gaps in pixels. */
export interface LineKey {
  name: string;
  color: string;
  dash: readonly number[];
}

/** `keys`: of the lines, listed below the chart. */
export function downloadChart(
  title: string,
  chart: HTMLCanvasElement,
  keys: readonly LineKey[] = [],
): void {
  const scale = devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = chart.width + 2 * MARGIN * scale;
  picture.height = chart.height + (TITLE_HEIGHT + keys.length * KEY_HEIGHT + 2 * MARGIN) * scale;
  const context = picture.getContext('2d');
  if (context === null) {
    return;
  }
  const style = getComputedStyle(document.documentElement);
  context.fillStyle = style.getPropertyValue('--panel');
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = style.getPropertyValue('--text');
  context.font = `600 ${15 * scale}px system-ui, sans-serif`;
  context.fillText(title, MARGIN * scale, (MARGIN + 14) * scale);
  context.drawImage(chart, MARGIN * scale, (MARGIN + TITLE_HEIGHT) * scale);
  context.font = `${13 * scale}px system-ui, sans-serif`;
  context.lineWidth = 3 * scale;
  for (const [index, { name, color, dash }] of keys.entries()) {
    const y = chart.height + (MARGIN + TITLE_HEIGHT + (index + 0.5) * KEY_HEIGHT) * scale;
    context.strokeStyle = style.getPropertyValue(color);
    context.setLineDash(dash.map((length) => length * scale));
    context.beginPath();
    context.moveTo(MARGIN * scale, y);
    context.lineTo((MARGIN + 28) * scale, y);
    context.stroke();
    context.fillText(name, (MARGIN + 36) * scale, y + 4 * scale);
  }
  picture.toBlob((blob) => {
    if (blob !== null) {
      save(`clicklake-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.png`, blob);
    }
  });
}

function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
