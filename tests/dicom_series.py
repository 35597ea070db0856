"""A DICOM series of MR images as a scanner writes it: oblique, with three voxel sizes, one file per slice."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SLICE_MM, ROW_MM, COLUMN_MM = 6.0, 5.0, 5.5


@dataclass
class Series:
    """voxels : (slice, row, column) stored values. directions : (3, 3), columns along columns, rows and slices, LPS.

    sides : mm from slice to slice, row to row, column to column.
    """

    voxels: np.ndarray
    directions: np.ndarray
    origin: np.ndarray
    sides: tuple[float, float, float] = (SLICE_MM, ROW_MM, COLUMN_MM)

    @classmethod
    def random(cls, shape=(20, 24, 16), seed=0):
        rng = np.random.default_rng(seed)
        directions, _ = np.linalg.qr(np.eye(3) + 0.25 * rng.standard_normal((3, 3)))
        directions *= np.sign(np.diag(directions))
        directions[:, 2] = np.cross(directions[:, 0], directions[:, 1])
        return cls(rng.integers(0, 3000, shape), directions, np.array([-31.0, -42.0, 17.0]))

    @classmethod
    def of(cls, image: nib.Nifti1Image):
        """The series of a NIfTI image of integers, RAS+: its third axis becomes the slices."""
        sides = nib.affines.voxel_sizes(image.affine)
        flip = np.diag([-1.0, -1, 1])
        directions, origin = flip @ (image.affine[:3, :3] / sides), flip @ image.affine[:3, 3]
        return cls(np.asarray(image.dataobj).T, directions, origin, tuple(float(side) for side in sides[::-1]))

    def coordinates(self) -> np.ndarray:
        """(slice, row, column, 3): centre of each voxel in mm, RAS+, literally by the formula of the DICOM standard."""
        positions = np.empty((*self.voxels.shape, 3))
        slice_mm, row_mm, column_mm = self.sides
        for k, j, i in np.ndindex(self.voxels.shape):
            along_row, along_column, across = self.directions.T
            positions[k, j, i] = (
                self.origin + along_row * column_mm * i + along_column * row_mm * j + across * slice_mm * k
            )
        return positions * [-1, -1, 1]  # the standard's axes point to the left and to the back

    def write(self, folder: Path, number=1, without=(), **changes) -> list[Path]:
        """One file per slice, in this order, except those in `without`.

        changes : other values of elements, None for none, or a function of the slice's place in the order.
        """
        folder.mkdir(parents=True, exist_ok=True)
        uids = {name: generate_uid() for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")}
        paths = []
        for k, pixels in enumerate(self.voxels):
            if k in without:
                continue
            image = Dataset()
            image.file_meta = FileMetaDataset()
            image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = MRImageStorage
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            elements = uids | {
                "Modality": "MR",
                "ImageType": ["ORIGINAL", "PRIMARY", "M"],
                "Manufacturer": "SIEMENS",
                "PatientID": "x",
                "PatientPosition": "HFS",
                "SeriesNumber": number,
                "InstanceNumber": k + 1,
                "SeriesDescription": "MPRAGE",
                "ScanningSequence": "GR",
                "MRAcquisitionType": "3D",
                "RepetitionTime": 2300,
                "EchoTime": 3,
                "ImageOrientationPatient": [f"{x:.10f}" for x in self.directions[:, :2].T.ravel()],
                "ImagePositionPatient": [f"{x:.8f}" for x in self.origin + self.directions[:, 2] * self.sides[0] * k],
                "PixelSpacing": list(self.sides[1:]),
                "SliceThickness": self.sides[0],
                "SamplesPerPixel": 1,
                "PhotometricInterpretation": "MONOCHROME2",
                "Rows": pixels.shape[0],
                "Columns": pixels.shape[1],
                "BitsAllocated": 16,
                "BitsStored": 16,
                "HighBit": 15,
                "PixelRepresentation": 0,
            }
            for name, value in (elements | changes).items():
                setattr(image, name, value(k) if callable(value) else value)
            image.PixelData = pixels.astype("<u2").tobytes()
            paths.append(folder / f"{number}-{k:03d}.dcm")
            image.save_as(paths[-1], enforce_file_format=True)
        return paths

    def write_enhanced(self, folder: Path, without=(), **changes) -> Path:
        """All slices as frames of one enhanced MR file, except those in `without`. changes : as in `write`, of it."""
        (path, *rest) = self.write(folder, without=without)
        pixels = b"".join(pydicom.dcmread(each).PixelData for each in (path, *rest))
        image = pydicom.dcmread(path)
        image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
        kept = [k for k in range(len(self.voxels)) if k not in without]
        orientation, shared = _nested(image, "ImageOrientationPatient"), Dataset()
        shared.PlaneOrientationSequence = [orientation]
        shared.PixelMeasuresSequence = [_nested(image, "PixelSpacing", "SliceThickness")]
        image.SharedFunctionalGroupsSequence = [shared]
        image.PerFrameFunctionalGroupsSequence = []
        for k, each in zip(kept, (path, *rest), strict=True):
            frame, content = Dataset(), Dataset()
            content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", k + 1, [1, k + 1]
            frame.FrameContentSequence = [content]
            frame.PlanePositionSequence = [_nested(pydicom.dcmread(each), "ImagePositionPatient")]
            image.PerFrameFunctionalGroupsSequence.append(frame)
        image.InstanceNumber, image.NumberOfFrames, image.PixelData = 1, len(kept), pixels
        for name, value in changes.items():
            setattr(image, name, value)
        for each in rest:
            each.unlink()
        image.save_as(path, enforce_file_format=True)
        return path


def _nested(image: Dataset, *keywords: str) -> Dataset:
    """A dataset with the elements, which are moved there."""
    nested = Dataset()
    for keyword in keywords:
        nested[keyword] = image[keyword]
        del image[keyword]
    return nested
