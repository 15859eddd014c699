import type { components as Api } from '../wire/api.gen';
import type { components as Pages } from '../wire/pages.gen';

// The names that these pages use for what the server sends.
type Own = Pages['schemas'];
type Public = Api['schemas'];

export type Me = Own['Me'];
export type StaffRole = Own['StaffRole'];
export type Entrance = Own['Entrance'];
export type LoginStep = Own['LoginStep'];
export type TotpSetup = Own['TotpSetup'];
export type RecoveryCodes = Own['RecoveryCodes'];
export type StaffSession = Own['StaffSession'];
export type StaffMember = Own['StaffMember'];
export type CreatedStaff = Own['CreatedStaff'];
export type MadePassword = Own['MadePassword'];
export type ApiKey = Own['ApiKey'];
export type CreatedApiKey = Own['CreatedApiKey'];
export type NewApiKey = Own['NewApiKey'];
export type KeyScope = Own['KeyScope'];
export type SigningKey = Own['SigningKey'];
export type CreatedSigningKey = Own['CreatedSigningKey'];
export type NewSigningKey = Own['NewSigningKey'];
export type SigningAlgorithm = Own['SigningAlgorithm'];
export type AuditEntry = Own['AuditEntry'];
export type AuditPage = Own['AuditPage'];
export type AuditVerdict = Own['AuditVerdict'];
export type Recording = Own['AdminRecording'];
export type Problem = Public['Problem'];
export type Session = Public['Session'];
export type SessionPage = Public['SessionPage'];
export type Webhook = Public['Webhook'];
export type WebhookPage = Public['WebhookPage'];
export type NewWebhook = Public['NewWebhook'];
export type WebhookPatch = Public['WebhookPatch'];
export type WebhookWithSecret = Public['WebhookWithSecret'];
export type WebhookTestResult = Public['WebhookTestResult'];
export type Delivery = Public['Delivery'];
export type DeliveryPage = Public['DeliveryPage'];
export type DeliveryState = Public['DeliveryState'];
export type EventType = Public['EventType'];

/** List is what the server answers where there are no pages. */
export interface List<T> {
  items: T[];
}
