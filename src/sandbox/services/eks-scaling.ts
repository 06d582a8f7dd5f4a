/** Changing a node group's sizes, with EKS's refusals: by a call or by a person in the console. */
import { AwsError } from '../errors.js';
import {
  beginScaling,
  isUpdating,
  type Nodegroup,
  type NodegroupUpdate,
  type Scaling,
} from '../state/nodegroups.js';

/** The sizes to change; the others stay. */
type AskedScaling = { readonly [Field in keyof Scaling]?: Scaling[Field] | undefined };

/** Opens an update. Refuses while another is under way, and sizes that make no sense together. */
export function updateScaling(
  nodegroup: Nodegroup,
  asked: AskedScaling,
  request: { readonly now: number; readonly token: string },
): NodegroupUpdate {
  if (isUpdating(nodegroup)) {
    throw new AwsError(
      'ResourceInUseException',
      `Nodegroup cannot be updated as it is currently not in Active State: ${nodegroup.name}`,
      409,
    );
  }
  return beginScaling(nodegroup, checked(nodegroup.scaling, asked), request);
}

function checked(current: Scaling, asked: AskedScaling): Scaling {
  const minSize = asked.minSize ?? current.minSize;
  const maxSize = asked.maxSize ?? current.maxSize;
  const desiredSize = asked.desiredSize ?? current.desiredSize;
  const invalid = (message: string) => new AwsError('InvalidParameterException', message);
  if (minSize > desiredSize) {
    throw invalid(`Minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`);
  }
  if (desiredSize > maxSize) {
    throw invalid(`Desired capacity ${desiredSize} can't be greater than max size ${maxSize}`);
  }
  return { minSize, maxSize, desiredSize };
}
