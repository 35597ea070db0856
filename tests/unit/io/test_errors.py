import pickle

import pytest

from relmaps.io.errors import MachineError, ScanError, UserError

ITK = """/project/itksource/itkNumericSeriesFileNames.cxx:73:
ITK ERROR: NumericSeriesFileNames(0x5647e2ce4980): The filename is too long.\r
  nchars: 60
"""


@pytest.mark.parametrize("kind", [UserError, ScanError, MachineError])
def test_messages_of_libraries_become_one_line_without_addresses(kind):
    error = kind(f"sub-0x1F.nii: ANTs failed ({ITK}, <Image object at 0x7f52a0c0>);\n\n look at the scan")
    assert str(error) == (
        "sub-0x1F.nii: ANTs failed (/project/itksource/itkNumericSeriesFileNames.cxx:73: ITK ERROR: "
        "NumericSeriesFileNames: The filename is too long. nchars: 60 , <Image object>); look at the scan"
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # it may come from another process


def test_a_plain_message_is_left_as_it_is():
    assert str(UserError("a  folder/sub-0x1F.nii: 2 spaces")) == "a  folder/sub-0x1F.nii: 2 spaces"
