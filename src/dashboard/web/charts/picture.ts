/** A chart as a picture: on the page's background, with its title above. */

const MARGIN = 16;
const TITLE_HEIGHT = 28;

export function downloadChart(title: string, chart: HTMLCanvasElement): void {
  const scale = devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = chart.width + 2 * MARGIN * scale;
  picture.height = chart.height + (TITLE_HEIGHT + 2 * MARGIN) * scale;
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
