"""kubeconform: the second, independent judge of the bytes that ops apply.

``find`` gives a binary, building one where the machine has none; ``judge`` runs it over files.
"""

from pilothouse.kubeconform.binary import find as find
from pilothouse.kubeconform.errors import BuildFailed as BuildFailed
from pilothouse.kubeconform.errors import KubeconformError as KubeconformError
from pilothouse.kubeconform.errors import KubeconformFailed as KubeconformFailed
from pilothouse.kubeconform.errors import KubeconformMissing as KubeconformMissing
from pilothouse.kubeconform.judging import judge as judge
from pilothouse.kubeconform.schemas import schema_file as schema_file
from pilothouse.kubeconform.verdict import Problem as Problem
from pilothouse.kubeconform.verdict import Verdict as Verdict
from pilothouse.kubeconform.verdict import settle as settle
