/** Names that senders use for the fields of the contract, and what their values look like. */
import type { FieldName } from '../contract/fields.ts';
import type { Path } from './path.ts';
import {
  type Look,
  looksLikeAddress,
  looksLikeCountry,
  looksLikeCurrency,
  looksLikeInstant,
  looksLikeNumber,
  looksLikeReferrer,
  looksLikeText,
  looksLikeWholeNumber,
  looksLikeWord,
} from './propose-values.ts';

export interface KnownNames {
  /** The most likely first, in the form of `plainName`. */
  names: readonly string[];
  looks: Look;
}

/** The names of the event type are in propose-event-types.ts. */
export type GuessedField = Exclude<FieldName, 'event_type'>;

export const KNOWN_NAMES: Readonly<Record<GuessedField, KnownNames>> = {
  event_id: known(
    looksLikeText,
    'eventid eventuuid messageid insertid uuid eventguid guid hitid recordid logid uniqueid id',
  ),
  user_id: known(
    looksLikeText,
    'userid customerid uid custid memberid accountid loginid shopperid buyerid profileid externaluserid customernumber customerno customernr accountnumber accountno membernumber userno user customer',
  ),
  anonymous_id: known(
    looksLikeText,
    'anonymousid anonid visitorid clientid distinctid userpseudoid deviceid cookieid browserid domainuserid fullvisitorid guestid cid visitorcookie clientcookie visitor cookie client',
  ),
  session_id: known(
    looksLikeText,
    'sessionid usersession visitid session sid domainsessionid sessionuuid sessionkey idvisit visit sess sessid',
  ),
  event_timestamp: known(
    looksLikeInstant,
    'eventtimestamp timestamp eventtime occurredat eventat ts time datetime eventdatetime timestampms timestampmicros clienttimestamp originaltimestamp createdat created date eventdate derivedtstamp servertimestamp servertime collectortstamp sentat receivedat loggedat unixtime epoch when at',
  ),
  product_id: known(
    looksLikeText,
    'productid sku productsku itemid itemsku articleid variantid contentid pid prodid productcode itemcode offerid stockcode product item article',
  ),
  device: known(looksLikeWord, 'device devicetype devicecategory formfactor platform'),
  country: known(looksLikeCountry, 'country countrycode geocountry countryname usercountry'),
  page_url: known(
    looksLikeAddress,
    'pageurl url pagelocation currenturl href uri page pagepath path location',
  ),
  referrer: known(
    looksLikeReferrer,
    'referrer referer pagereferrer referrerurl refererurl httpreferer pagereferer ref',
  ),
  order_id: known(
    looksLikeText,
    'orderid transactionid ordernumber orderno ordernr purchaseid invoiceid invoiceno orderref receiptid txnid order transaction invoice',
  ),
  currency: known(looksLikeCurrency, 'currency currencycode pricecurrency cur ccy'),
  user_agent: known(looksLikeText, 'useragent ua httpuseragent agent'),
  campaign_source: known(looksLikeWord, 'campaignsource utmsource trafficsourcesource'),
  campaign_medium: known(looksLikeWord, 'campaignmedium utmmedium trafficsourcemedium'),
  campaign_name: known(looksLikeText, 'campaignname utmcampaign trafficsourcename campaign'),
  click_id: known(looksLikeText, 'clickid'),
  quantity: known(
    looksLikeWholeNumber,
    'quantity qty productquantity itemquantity units pieces pcs menge anzahl stück stueck qté quantité quantite cantidad',
  ),
  price: known(looksLikeNumber, 'price unitprice productprice itemprice sellingprice saleprice'),
  order_value: known(
    looksLikeNumber,
    'ordervalue revenue orderrevenue purchaserevenue transactionrevenue subtotal value amount purchaseamount',
  ),
  tax: known(looksLikeNumber, 'tax taxamount totaltax taxtotal vat'),
  shipping: known(
    looksLikeNumber,
    'shipping shippingcost shippingamount shippingprice totalshipping',
  ),
  discount: known(looksLikeNumber, 'discount discountamount totaldiscount'),
};

/**
 * Totals that often include tax and shipping. Used as the order value only if there is nothing
 * better.
 */
export const TOTAL_NAMES: readonly string[] =
  'total ordertotal totalprice totalamount grandtotal transactiontotal totalrevenue totalvalue'.split(
    ' ',
  );

/**
 * Names that are too general on their own: below another key they count only together with its
 * name.
 */
const VAGUE =
  /^(?:id|uuid|guid|name|type|action|event|time|date|ts|created|value|amount|total|url|path|page|location|href|uri|user|customer|product|item|order|session|visit|visitor|device|source|platform|agent|cookie|client|ref|kind|at|when|cid|sid|pid|uid)$/;

/** Keys that only group a record's fields, so their names mean nothing. */
const WRAPPERS =
  /^(?:properties|props|data|payload|body|attributes|attrs|params|parameters|context|event|eventdata|eventproperties|ecommerce|detail|details|message|record|meta|metadata|source|fields|traits|common)$/;

/** Lower-case letters and digits only: `user_id`, `userId` and `User-ID` become the same name. */
export function plainName(key: string): string {
  return key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The rank of a path's name among known names, the most likely first; -1: it is none of them. */
export function rankOf(path: Path, names: readonly string[]): number {
  const keys = path.map((step) => (step.kind === 'key' ? plainName(step.key) : ''));
  const [last = '', parent] = keys.toReversed();
  const isBare = keys.slice(0, -1).every((key) => WRAPPERS.test(key));
  const ranks = [
    isBare || !VAGUE.test(last) ? names.indexOf(last) : -1,
    parent === undefined ? -1 : names.indexOf(parent + last),
  ].filter((rank) => rank !== -1);
  return ranks.length === 0 ? -1 : Math.min(...ranks);
}

function known(looks: Look, names: string): KnownNames {
  return { looks, names: names.split(' ') };
}
