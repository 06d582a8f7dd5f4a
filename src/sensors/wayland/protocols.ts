/**
 * The parts of Wayland's protocols that are spoken here, as their XML files declare them. Messages get their numbers
 * from their place, so a table may end early but leave nothing out.
 */

export const WL_DISPLAY = {
  name: 'wl_display',
  requests: { sync: ['new'], get_registry: ['new'] },
  events: { error: ['object', 'uint', 'string'], delete_id: ['uint'] },
} as const;

export const WL_REGISTRY = {
  name: 'wl_registry',
  // Which interface is bound is not known from the request's place, so its name and version travel along.
  requests: { bind: ['uint', 'string', 'uint', 'new'] },
  events: { global: ['uint', 'string', 'uint'], global_remove: ['uint'] },
} as const;

export const WL_CALLBACK = {
  name: 'wl_callback',
  requests: {},
  events: { done: ['uint'] },
} as const;

/** Nothing of a seat is asked for: idle notifications are about one. */
export const WL_SEAT = { name: 'wl_seat', requests: {}, events: {} } as const;

/** ext-idle-notify-v1; `get_input_idle_notification` is of version 2. */
export const EXT_IDLE_NOTIFIER = {
  name: 'ext_idle_notifier_v1',
  requests: {
    destroy: [],
    get_idle_notification: ['new', 'uint', 'object'],
    get_input_idle_notification: ['new', 'uint', 'object'],
  },
  events: {},
  destructor: 'destroy',
} as const;

export const EXT_IDLE_NOTIFICATION = {
  name: 'ext_idle_notification_v1',
  requests: { destroy: [] },
  events: { idled: [], resumed: [] },
  destructor: 'destroy',
} as const;

export const KDE_IDLE = {
  name: 'org_kde_kwin_idle',
  requests: { get_idle_timeout: ['new', 'object', 'uint'] },
  events: {},
} as const;

export const KDE_IDLE_TIMEOUT = {
  name: 'org_kde_kwin_idle_timeout',
  requests: { release: [], simulate_user_activity: [] },
  events: { idle: [], resumed: [] },
  destructor: 'release',
} as const;

/** wlr-foreign-toplevel-management-unstable-v1, version 1. */
export const WLR_TOPLEVEL_MANAGER = {
  name: 'zwlr_foreign_toplevel_manager_v1',
  requests: { stop: [] },
  events: { toplevel: ['new'], finished: [] },
} as const;

export const WLR_TOPLEVEL = {
  name: 'zwlr_foreign_toplevel_handle_v1',
  requests: {
    set_maximized: [],
    unset_maximized: [],
    set_minimized: [],
    unset_minimized: [],
    activate: ['object'],
    close: [],
    set_rectangle: ['object', 'int', 'int', 'int', 'int'],
    destroy: [],
  },
  events: {
    title: ['string'],
    app_id: ['string'],
    output_enter: ['object'],
    output_leave: ['object'],
    state: ['array'],
    done: [],
    closed: [],
  },
  destructor: 'destroy',
} as const;

export const WL_SHM = {
  name: 'wl_shm',
  requests: { create_pool: ['new', 'fd', 'int'] },
  events: { format: ['uint'] },
} as const;

export const WL_SHM_POOL = {
  name: 'wl_shm_pool',
  requests: { create_buffer: ['new', 'int', 'int', 'int', 'int', 'uint'], destroy: [] },
  events: {},
  destructor: 'destroy',
} as const;

export const WL_BUFFER = {
  name: 'wl_buffer',
  requests: { destroy: [] },
  events: { release: [] },
  destructor: 'destroy',
} as const;

/** Nothing is asked of an output but its picture's changes. */
export const WL_OUTPUT = { name: 'wl_output', requests: {}, events: {} } as const;

/** wlr-screencopy-unstable-v1, version 2: with damage, without DMA buffers. */
export const WLR_SCREENCOPY_MANAGER = {
  name: 'zwlr_screencopy_manager_v1',
  requests: { capture_output: ['new', 'int', 'object'] },
  events: {},
} as const;

export const WLR_SCREENCOPY_FRAME = {
  name: 'zwlr_screencopy_frame_v1',
  requests: { copy: ['object'], destroy: [], copy_with_damage: ['object'] },
  events: {
    buffer: ['uint', 'uint', 'uint', 'uint'],
    flags: ['uint'],
    ready: ['uint', 'uint', 'uint'],
    failed: [],
    damage: ['uint', 'uint', 'uint', 'uint'],
  },
  destructor: 'destroy',
} as const;
