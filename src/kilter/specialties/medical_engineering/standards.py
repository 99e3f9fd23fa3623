"""The texts that medical engineering stands on."""

from __future__ import annotations

from kilter.measure.citation import Citation

IEC_62353 = Citation(
    "IEC 62353",
    "Medical electrical equipment: recurrent test and test after repair of medical electrical equipment",
    "2014",
)
IEC_60601_1 = Citation(
    "IEC 60601-1",
    "Medical electrical equipment: general requirements for basic safety and essential performance",
    "2005+A1:2012",
)
IEC_60601_2_2 = Citation("IEC 60601-2-2", "High frequency surgical equipment and accessories", "2017")
IEC_60601_2_4 = Citation("IEC 60601-2-4", "Cardiac defibrillators", "2010")
IEC_60601_2_18 = Citation("IEC 60601-2-18", "Endoscopic equipment", "2009")
IEC_60601_2_19 = Citation("IEC 60601-2-19", "Infant incubators", "2009")
IEC_60601_2_24 = Citation("IEC 60601-2-24", "Infusion pumps and controllers", "2012")
IEC_60601_2_27 = Citation("IEC 60601-2-27", "Electrocardiographic monitoring equipment", "2011")
IEC_60601_2_34 = Citation("IEC 60601-2-34", "Invasive blood pressure monitoring equipment", "2011")
IEC_80601_2_30 = Citation("IEC 80601-2-30", "Automated non-invasive sphygmomanometers", "2009")
IEC_80601_2_77 = Citation("IEC 80601-2-77", "Robotically assisted surgical equipment", "2019")
ISO_80601_2_12 = Citation("ISO 80601-2-12", "Critical care ventilators", "2011")
ISO_80601_2_55 = Citation("ISO 80601-2-55", "Respiratory gas monitors", "2011")
ISO_80601_2_56 = Citation("ISO 80601-2-56", "Clinical thermometers for body temperature measurement", "2009")
ISO_80601_2_61 = Citation("ISO 80601-2-61", "Pulse oximeter equipment", "2011")
ISO_8655_6 = Citation(
    "ISO 8655-6", "Piston-operated volumetric apparatus: gravimetric reference method", "2002"
)
ISO_10079_1 = Citation("ISO 10079-1", "Electrically powered medical suction equipment", "2015")
ISO_15002 = Citation("ISO 15002", "Flow-metering devices for connection to terminal units", "2008")
ISO_14457 = Citation("ISO 14457", "Dentistry: handpieces and motors", "2012")
ISO_10535 = Citation("ISO 10535", "Hoists for the transfer of persons", "2006")
ISO_15883_1 = Citation("ISO 15883-1", "Washer-disinfectors: general requirements", "2006")
EN_12470_5 = Citation("EN 12470-5", "Clinical thermometers: infra-red ear thermometers", "2003")
EN_285 = Citation("EN 285", "Sterilization: steam sterilizers, large sterilizers", "2015")
HTM_01_01 = Citation(
    "HTM 01-01", "Management and decontamination of surgical instruments, part C: steam sterilization", "2016"
)
OIML_R_76 = Citation("OIML R 76-1", "Non-automatic weighing instruments", "2006")
USP_1079 = Citation("USP <1079.2>", "Mean kinetic temperature in the evaluation of excursions", "2021")
WMO_8 = Citation("WMO-No. 8", "Guide to meteorological instruments and methods of observation", "2018")
FENNIGKOH_SMITH = Citation(
    "Fennigkoh and Smith",
    "Clinical equipment management, JCAHO Plant, Technology and Safety Series 2",
    "1989",
)
ULM = Citation(
    "Ulm", "A simple method to calculate the confidence interval of a standardized mortality ratio", "1990"
)
WILSON = Citation("Wilson", "Probable inference, the law of succession, and statistical inference", "1927")
IEC_61703 = Citation("IEC 61703", "Reliability, availability and maintainability terms: expressions", "2016")
JCGM_106 = Citation("JCGM 106", "The role of measurement uncertainty in conformity assessment", "2012")
NCSL_RP_1 = Citation("NCSL RP-1", "Establishment and adjustment of calibration intervals", "2010")
NASA_8739 = Citation("NASA-HDBK-8739.19-5", "Establishment and adjustment of calibration intervals", "2010")
