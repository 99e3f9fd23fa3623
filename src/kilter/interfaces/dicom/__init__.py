"""DICOM over the network: objects are taken in, verified associations answered, nothing else."""
