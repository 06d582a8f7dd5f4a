/**
 * The menu of the icon by com.canonical.dbusmenu, which KDE, GNOME's AppIndicator extension, Xfce, MATE and waybar read:
 * one flat list, whose items are numbered from 1 in the menu's order. 0 is the menu itself.
 */
import type { TrayCommand, TrayItem } from '../core/desktop.js';
import type { ExportedObject } from '../system/dbus/exported.js';
import { TypedValue } from '../system/dbus/typed-value.js';

export const MENU_PATH = '/MenuBar';
export const MENU_INTERFACE = 'com.canonical.dbusmenu';

export interface TrayMenuOptions {
  readonly items: () => readonly TrayItem[];
  /** Counts up with every change of the items. */
  readonly revision: () => number;
  readonly onCommand: (command: TrayCommand) => void;
  /** Somebody is about to see it. */
  readonly onOpening: () => void;
}

/** The menu as an object on the bus. */
export function trayMenu({ items, revision, onCommand, onOpening }: TrayMenuOptions): ExportedObject {
  const clicked = (id: unknown, event: unknown) => {
    const item = typeof id === 'number' ? items()[id - 1] : undefined;
    if (event === 'clicked' && item?.kind === 'command') onCommand(item.command);
    if (event === 'opened' && id === 0) onOpening();
  };
  const layout = (parent: unknown, depth: unknown) => {
    if (parent !== 0) return node(Number(parent), propertiesOf(items()[Number(parent) - 1]), []);
    const children = depth === 0 ? [] : items().map((item, i) => node(i + 1, propertiesOf(item), []));
    return node(0, { 'children-display': new TypedValue('s', 'submenu') }, children);
  };
  return {
    path: MENU_PATH,
    interfaces: [
      {
        name: MENU_INTERFACE,
        methods: {
          GetLayout: {
            takes: 'iias',
            gives: 'u(ia{sv}av)',
            run: ([parent, depth]) => [revision(), layout(parent, depth)],
          },
          GetGroupProperties: {
            takes: 'aias',
            gives: 'a(ia{sv})',
            run: ([ids]) => {
              const wanted = numbers(ids);
              const all = items().map((item, i) => [i + 1, propertiesOf(item)] as const);
              // None named means all.
              return [all.filter(([id]) => wanted.length === 0 || wanted.includes(id))];
            },
          },
          GetProperty: {
            takes: 'is',
            gives: 'v',
            run: ([id, name]) => {
              const properties = propertiesOf(items()[Number(id) - 1]);
              return [properties[String(name)] ?? new TypedValue('s', '')];
            },
          },
          Event: { takes: 'isvu', run: ([id, event]) => done(() => clicked(id, event)) },
          EventGroup: {
            takes: 'a(isvu)',
            gives: 'ai',
            run: ([events]) => {
              for (const event of Array.isArray(events) ? events : []) clicked(event[0], event[1]);
              return [[]];
            },
          },
          AboutToShow: {
            takes: 'i',
            gives: 'b',
            run: ([id]) => {
              if (id === 0) onOpening();
              // What changes for it is told by LayoutUpdated.
              return [false];
            },
          },
          AboutToShowGroup: {
            takes: 'ai',
            gives: 'aiai',
            run: ([ids]) => {
              if (numbers(ids).includes(0)) onOpening();
              return [[], []];
            },
          },
        },
        properties: {
          Version: { type: 'u', read: () => 3 },
          TextDirection: { type: 's', read: () => 'ltr' },
          Status: { type: 's', read: () => 'normal' },
          IconThemePath: { type: 'as', read: () => [] },
        },
        signals: {
          LayoutUpdated: 'ui',
          ItemsPropertiesUpdated: 'a(ia{sv})a(ias)',
          ItemActivationRequested: 'iu',
        },
      },
    ],
  };
}

type Properties = Readonly<Record<string, TypedValue>>;

/** An item as the layout has it; children are of the type of their parent, each as a variant. */
function node(id: number, properties: Properties, children: readonly unknown[]): readonly unknown[] {
  return [id, properties, children.map((child) => new TypedValue('(ia{sv}av)', child))];
}

/** What is not said of an item is as the interface has it: enabled and visible. */
function propertiesOf(item: TrayItem | undefined): Properties {
  if (!item) return {};
  if (item.kind === 'separator') return { type: new TypedValue('s', 'separator') };
  // An underscore would be read as the mark of the letter after it.
  const label = new TypedValue('s', item.label.replaceAll('_', '__'));
  return item.kind === 'line' ? { label, enabled: new TypedValue('b', false) } : { label };
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}

function done(step: () => void): readonly unknown[] {
  step();
  return [];
}
