/** The words and addresses that the simulated pages are made of. */

export const SITE = 'https://shop.example';

export const EXTERNAL_SITES = [
  '',
  '',
  '',
  'https://www.google.com/',
  'https://www.google.com/',
  'https://www.google.com/',
  'https://www.bing.com/',
  'https://duckduckgo.com/',
  'https://www.instagram.com/',
  'https://m.facebook.com/',
  'https://www.pinterest.com/',
  'https://mail.example/inbox',
  'https://deals.example/today?page=2&sort=new',
] as const;

export const CAMPAIGNS = [
  { source: 'newsletter', medium: 'email', campaign: 'weekly-picks' },
  { source: 'newsletter', medium: 'email', campaign: 'welcome' },
  { source: 'google', medium: 'cpc', campaign: 'brand' },
  { source: 'google', medium: 'cpc', campaign: 'generic-shopping' },
  { source: 'instagram', medium: 'social', campaign: 'new-season' },
  { source: 'partner', medium: 'affiliate', campaign: 'deals' },
] as const;

export const SEARCH_TERMS = [
  'kettle',
  'desk lamp',
  'yoga mat',
  'blue jacket',
  'headphones',
  'größe 42',
  'cadeau',
  'puzzle 1000',
  'dog bed',
  'garden bench',
  'shampoo',
  'usb charger',
  'rug 160x230',
  'notebook',
  'sneaker',
  'cat tree',
  'café set',
  'board game',
  'büro stuhl',
  'gift card',
] as const;
