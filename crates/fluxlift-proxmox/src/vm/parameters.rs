//! From a wish to the parameters of the call that creates the machine.

use crate::vm::{Media, PropertyString, VmSpec};

impl VmSpec {
    /// The parameters of `POST /nodes/<host>/qemu`, in a fixed order.
    ///
    /// The machine is not started by it: `start=1` would turn a failed start into a mere warning.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut form = vec![("vmid".to_owned(), self.id.to_string())];
        form.extend(self.settings());
        if self.bios == "ovmf" {
            form.push(("efidisk0".into(), format!("{}:1,efitype=4m,pre-enrolled-keys=0", self.storage)));
        }
        form.push(("scsi0".into(), self.disk_parameter().to_string()));
        if let Media::Cdrom(volume) = &self.media {
            form.push(("ide0".into(), PropertyString::headed(volume.to_string()).with("media", "cdrom").to_string()));
        }
        form.push(("ide2".into(), format!("{}:cloudinit", self.storage)));
        form
    }

    /// What can be compared with readback and changed later, as key and value.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let flag = |on: bool| u8::from(on).to_string();
        let mut settings: Vec<(String, String)> = [
            ("name", self.name.clone()),
            ("machine", self.machine.clone()),
            ("bios", self.bios.clone()),
            ("ostype", "l26".to_owned()),
            ("scsihw", "virtio-scsi-single".to_owned()),
            ("sockets", "1".to_owned()),
            ("cores", self.cores.to_string()),
            ("cpu", self.cpu.clone()),
            ("memory", self.memory_mib.to_string()),
            ("onboot", flag(self.on_boot)),
            ("agent", format!("enabled={}", u8::from(self.agent))),
            ("boot", self.boot_order()),
            ("tags", self.tags.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        settings.extend(self.nics.iter().enumerate().map(|(n, nic)| (format!("net{n}"), nic.property().to_string())));
        let addresses = self.ip_configs.iter().enumerate();
        settings.extend(addresses.map(|(n, config)| (format!("ipconfig{n}"), config.property().to_string())));
        if !self.nameservers.is_empty() {
            settings.push(("nameserver".to_owned(), self.nameservers.join(" ")));
        }
        settings
            .extend(self.pci.iter().enumerate().map(|(n, pci)| (format!("hostpci{n}"), pci.property().to_string())));
        settings.extend(self.usb.iter().enumerate().map(|(n, usb)| (format!("usb{n}"), usb.property().to_string())));
        if !self.pci.is_empty() {
            // Without this the firmware may wait for a display that went to the guest.
            settings.push(("vga".to_owned(), "none".to_owned()));
            settings.push(("serial0".to_owned(), "socket".to_owned()));
        }
        settings
    }

    fn boot_order(&self) -> String {
        match self.media {
            Media::Import(_) => "order=scsi0".to_owned(),
            Media::Cdrom(_) => "order=scsi0;ide0".to_owned(),
        }
    }

    fn disk_parameter(&self) -> PropertyString {
        let disk = match &self.media {
            Media::Import(volume) => {
                PropertyString::headed(format!("{}:0", self.disk.storage)).with("import-from", volume)
            }
            Media::Cdrom(_) => PropertyString::headed(format!("{}:{}", self.disk.storage, self.disk.gib)),
        };
        disk.with("iothread", 1).with("discard", "on")
    }
}
