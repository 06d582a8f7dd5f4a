/** The live list of services, shared by `list` and by `ec2|ecs|eks list`. */
import { SERVICE_TYPE_OF, type WireList, type WireService } from '../control/wire.js';
import type { Kind } from '../core/target.js';
import type { Cli } from './cli.js';
import { powerBrush, stateWords } from './render/words.js';

/** Asks AWS for services of one kind or all, in one region or all, and prints them. */
export async function listServices(
  cli: Cli,
  kind: Kind | undefined,
  region: string | undefined,
): Promise<void> {
  const control = await cli.control();
  const list = await control.list({ service_types: kind && [SERVICE_TYPE_OF[kind]], region });
  tellFailures(cli, list);
  await cli.printTable(list, {
    headings: ['TARGET', 'STATE', 'REGISTERED', 'NAME', 'NOTE'],
    rows: list.services.map((view) => [
      view.target,
      { text: stateWords(view), paint: powerBrush(view.power, cli.paint) },
      view.registered ? 'yes' : 'no',
      view.name ?? '',
      noteOf(view),
    ]),
    none: 'AWS has no such services there.',
  });
  const empty = emptyClusters(list);
  if (empty.length > 0) cli.note(`Empty clusters: ${empty.join(', ')}`);
}

/** Tells on stderr which regions could not be read; with `--json` they are part of the answer. */
export function tellFailures(cli: Cli, list: WireList): void {
  for (const { service_type, region, message } of list.failures)
    cli.note(`${service_type} in ${region} could not be read: ${message}`);
}

function noteOf(view: WireService): string {
  return view.refusal ? `never naps: ${view.refusal.reason}` : (view.instance_type ?? '');
}

function emptyClusters(list: WireList): string[] {
  return list.clusters
    .filter(
      (cluster) =>
        !list.services.some(
          (view) =>
            view.service_type === cluster.service_type &&
            view.cluster_name === cluster.cluster_name &&
            view.region === cluster.region,
        ),
    )
    .map((cluster) => `${cluster.service_type} ${cluster.cluster_name} (${cluster.region})`);
}
