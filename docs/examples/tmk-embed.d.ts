// What https://your-tmk/embed.js adds to a page. Use it with
//   /// <reference path="tmk-embed.d.ts" />
// or put it beside your sources. The file stands alone and may be copied.

declare namespace TMK {
  interface Options {
    /** The person's own link: of links.doctor, links.patient or an invite, or one that you have minted (…/j/{session}#t={JWT}). */
    url: string;
    /** In which language the room begins; without it, in the session's. A person's own choice goes before. */
    lang?: 'ru' | 'en';
    /** What screen readers call the frame. */
    title?: string;
  }

  /**
   * joined: the person is in the room; left: went out for now, and may come back; status: the session's status is
   * known or has changed; ended: the session is over; error: the person cannot come in, or was put out.
   */
  type EventType = 'joined' | 'left' | 'status' | 'ended' | 'error';

  interface RoomEvent {
    type: EventType;
    /** The session's id; "" while the link has not been opened. */
    sessionId: string;
    /** Of status and ended: UPCOMING, CURRENT, FINISHED, CANCELLED or MISSED. */
    status?: string;
    /**
     * Of error: the code of a problem (link_unknown, link_expired, unauthorized, …); revoked or link_reissued (put
     * out by you); replaced (the same person came in elsewhere); blocked (this page's origin is not in the server's embed.origins).
     */
    code?: string;
  }

  interface Handle {
    /** The frame. It fills the element that it stands in; one without a height becomes 600 px high. */
    readonly frame: HTMLIFrameElement;
    /** Calls listener for each event of a type; returns what ends that. */
    on(type: EventType, listener: (event: RoomEvent) => void): () => void;
    /** Takes the frame away: the person leaves the room. */
    destroy(): void;
  }

  /** Puts the room into an element, given itself or by a selector. Throws when there is none, or the url is no web address. */
  function embed(target: string | Element, options: Options): Handle;
}

interface Window {
  TMK: typeof TMK;
}
