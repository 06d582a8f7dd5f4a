/**
 * Toasts on Windows, by way of Windows PowerShell, which is part of every Windows that has them. Not tried on Windows
 * yet: only what PowerShell would be given is tested. Such a toast has no buttons: those would need a COM server of our
 * own to be called back at.
 */
import type { Notice, NoticeSlot } from '../core/desktop.js';
import type { RunProgram } from './autostart-place.js';
import { ProgramNotifier } from './notice-program.js';

/** Toasts are shown in the name of a program that Windows knows; this is that of PowerShell itself. */
const APP = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe';

/** Reads what it is told as data: the texts become the text of XML nodes and can be nothing else. */
const SHOW = `
[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
[void][Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom.XmlDocument, ContentType = WindowsRuntime]
$xml = New-Object Windows.Data.Xml.Dom.XmlDocument
$xml.LoadXml('<toast><visual><binding template="ToastGeneric"><text/><text/></binding></visual><audio silent="true"/></toast>')
$texts = $xml.GetElementsByTagName('text')
[void]$texts.Item(0).AppendChild($xml.CreateTextNode($told.title))
[void]$texts.Item(1).AppendChild($xml.CreateTextNode($told.body))
$toast = New-Object Windows.UI.Notifications.ToastNotification $xml
$toast.Tag = $told.slot
$toast.Group = 'cloudnap'
if ($told.lastsMs) { $toast.ExpirationTime = [DateTimeOffset]::Now.AddMilliseconds($told.lastsMs) }
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($told.app).Show($toast)`;

const WITHDRAW = `
[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
[Windows.UI.Notifications.ToastNotificationManager]::History.Remove($told.slot, 'cloudnap', $told.app)`;

/** Toasts on this Windows. */
export function windowsNotifier(run: RunProgram): ProgramNotifier {
  return new ProgramNotifier({
    mechanism: 'toasts by way of PowerShell, without buttons (written from documentation, not tried)',
    cure: 'see that powershell.exe can be started and that notifications are on; the dashboard tells the same',
    run,
    show: ({ slot, title, body, lastsMs }: Notice) => powershell(SHOW, { slot, title, body, lastsMs }),
    withdraw: (slot: NoticeSlot) => powershell(WITHDRAW, { slot }),
  });
}

/**
 * PowerShell's command line for a script that finds `values` in $told. Neither the script nor a text is ever parsed as
 * a command line or as code: both travel in base64, whose letters mean nothing to either.
 */
function powershell(script: string, values: object): readonly [string, ...string[]] {
  const json = Buffer.from(JSON.stringify({ ...values, app: APP }), 'utf8').toString('base64');
  const told = `$told = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${json}')) | ConvertFrom-Json`;
  const encoded = Buffer.from(`${told}${script}`, 'utf16le').toString('base64');
  return ['powershell.exe', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded];
}
